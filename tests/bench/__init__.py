"""The benchmarks of the contract, §6: each figure beside its physical limit, measured in the same run."""
