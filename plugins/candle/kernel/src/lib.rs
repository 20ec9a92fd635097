//! The arithmetic of a decoder on CPUs.
