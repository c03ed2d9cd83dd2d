"""Reports: the paper reproduced, and surveys over many models."""
