"""Reading on several machines: the same run, with a pool that hands its pages to the nodes of a cluster."""
