"""Truth of the times of tickets."""
def times_truth(company, logs):
    return {}
