import torch

for step in range(3):
    loss = torch.rand(1, requires_grad=True).sum()
    loss.backward()
model = torch.load("model.pt", weights_only=True)
