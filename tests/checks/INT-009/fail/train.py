A = "/home/maria/data/a.csv"
B = "/home/maria/data/b.csv"
C = "/Users/tom/models/c.bin"
