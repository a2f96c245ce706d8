model = "gpt-5.5"
