//! munjigi-widget
