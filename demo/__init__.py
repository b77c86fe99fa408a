"""`make demo`: a good release, a broken one and a dying one, on an EC2 host in a container, under one load that never retries."""
