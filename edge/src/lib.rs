//! munjigi-edge
