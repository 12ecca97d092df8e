"""What touches the operating system: files, interrupts, noise on stderr."""
