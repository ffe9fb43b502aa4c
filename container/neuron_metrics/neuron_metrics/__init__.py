"""NeuronCore utilisation of one host, from ``neuron-monitor`` to CloudWatch."""
