PRICES = {"gpt-4-32k": 0.06, "claude-2.1": 0.008}
"""
model="gpt-4-32k"
"""
