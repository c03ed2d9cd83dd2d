"""Learning and analysing the RG flow in the generated parameter space (torch)."""
