"""Settings of the front end, chosen anew and judged on sources that had no say."""
