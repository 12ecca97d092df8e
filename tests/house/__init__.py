"""Rules of the whole house: floors, parity of training and reading, samples, the walkthrough."""
