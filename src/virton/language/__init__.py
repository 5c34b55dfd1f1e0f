"""Words: each state, each sentence and each of the cluster's own messages once, in ko and en."""
