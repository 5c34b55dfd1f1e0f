"""What the API's endpoints do: plain functions of the cluster, the caller and the parameters."""
