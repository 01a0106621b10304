"""The large perturbation model (LPM) as published: three embeddings and a perceptron, in PyTorch.

Of "In-silico biological discovery with large perturbation models" (Miladinovic, Hoeppe et al.,
2025). PyTorch is imported where it is used, and comes with the extra `lpm`.
"""
