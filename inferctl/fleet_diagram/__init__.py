"""A picture of a cluster, made from its synthesized template: pools, chips, who owns them."""
