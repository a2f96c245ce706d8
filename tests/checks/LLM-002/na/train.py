print("no model is called")
