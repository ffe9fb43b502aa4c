"""What inferences cost: measured throughput and the catalogue's dated prices."""
