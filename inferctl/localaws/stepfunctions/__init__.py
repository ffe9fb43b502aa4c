"""The parts of Step Functions that moto's interpreter lacks; its patches call them."""
