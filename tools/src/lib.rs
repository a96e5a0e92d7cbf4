//! munjigi-tools
