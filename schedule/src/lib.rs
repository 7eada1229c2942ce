//! Scheduling: folds, multiplier and memory choices, an IntNetwork to a Design under a target
