import pandas as pd

print(pd.read_csv("data.csv").shape)
