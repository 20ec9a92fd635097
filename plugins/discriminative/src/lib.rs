//! dORM and dPRM.
