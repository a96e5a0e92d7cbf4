//! munjigi-captcha
