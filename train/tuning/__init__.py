"""Settings of the front end, chosen anew and scored on sources that chose nothing."""
