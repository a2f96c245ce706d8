import torch


def predict(batch):
    model = torch.load("model.pt", weights_only=True)
    model.eval()
    return model(batch)
