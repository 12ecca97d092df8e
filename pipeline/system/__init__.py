"""The operating system: output files, interrupts, stderr of native libraries."""
