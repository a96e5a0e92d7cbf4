//! Reads the environment of an invented service.

use std::ffi::OsString;
use std::io;

use super::{Environment, Known, Reader, Variable, number};

const PORT: Variable = Variable::with_default("MUNJIGI_PORT", "80", "where it listens");
const COLOUR: Variable = Variable::without_default("MUNJIGI_COLOUR", "what it looks like");
const KEY: Variable = Variable::secret("MUNJIGI_KEY", "what it is opened with");

fn environment(prefix: &'static str, pairs: &[(&str, &str)]) -> Environment {
    let known = Known {
        prefix,
        variables: &[PORT, COLOUR, KEY],
        others: &["MUNJIGI_OTHER"],
        listed: "They are listed here.",
    };
    let pairs = pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Environment::new(&known, pairs, |path| match path {
        "/key" => Ok("hunter2\r\n".to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    })
}

/// The configuration, or every mistake.
fn read(environment: &Environment) -> Result<(u16, String, String), String> {
    let mut reader = Reader::new(environment);
    let port = reader.required(&PORT, |text| number(text, 1..=99));
    let colour = reader.required(&COLOUR, |text| Ok(text.to_owned()));
    let key = reader.required(&KEY, |text| Ok(text.to_owned()));
    let all = (|| Some((port?, colour?, key?)))();
    reader.finish(all).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn a_secret_may_come_from_a_file_and_is_never_shown() {
    let environment =
        environment("MUNJIGI_", &[("MUNJIGI_COLOUR", "red"), ("MUNJIGI_KEY_FILE", "/key")]);
    assert_eq!(read(&environment), Ok((80, "red".to_owned(), "hunter2".to_owned())));
    assert!(!format!("{environment:?} {:?}", Reader::new(&environment)).contains("hunter2"));
}

#[test]
fn every_mistake_is_told_once() {
    let environment = environment(
        "MUNJIGI_",
        &[
            ("MUNJIGI_PORT", "100"),
            ("MUNJIGI_COLOUR", ""),
            ("MUNJIGI_KEY_FILE", "/nothing"),
            ("MUNJIGI_COLOUR_FILE", "/key"),
            ("MUNJIGI_SOMETHING_ELSE", "1"),
            ("MUNJIGI_OTHER", "another part's"),
            ("PATH", "/bin"),
        ],
    );
    let told = "the environment has errors:
  the file of MUNJIGI_KEY_FILE cannot be read: entity not found
  MUNJIGI_COLOUR_FILE is not a Munjigi variable
  MUNJIGI_SOMETHING_ELSE is not a Munjigi variable
  MUNJIGI_PORT is invalid: must be a whole number from 1 to 99
They are listed here.";
    assert_eq!(read(&environment).unwrap_err(), told);
}

#[test]
fn a_likely_typo_is_reported_with_the_intended_name() {
    let set = [("MUNJIGI_COLOUR", "red"), ("MUNJIGI_KEY", "x"), ("MUNJIGI_COLOR", "red")];
    let told = read(&environment("MUNJIGI_", &set)).unwrap_err();
    assert!(told.contains("MUNJIGI_COLOR is not a Munjigi variable; did you mean"), "{told}");
    assert!(told.contains("did you mean MUNJIGI_COLOUR?"), "{told}");
}

#[test]
fn names_that_do_not_begin_like_ours_are_another_parts() {
    let set = [("MUNJIGI_COLOUR", "red"), ("MUNJIGI_KEY", "x"), ("MUNJIGI_SHAPE", "round")];
    assert!(read(&environment("MUNJIGI_C", &set)).is_ok());
    assert!(read(&environment("MUNJIGI_S", &set)).is_err());
}

#[test]
fn a_variable_and_its_file_are_not_both_set() {
    let set = [("MUNJIGI_COLOUR", "red"), ("MUNJIGI_KEY", "x"), ("MUNJIGI_KEY_FILE", "/key")];
    let told = read(&environment("MUNJIGI_", &set)).unwrap_err();
    assert!(told.contains("MUNJIGI_KEY_FILE: set either this or the variable itself"), "{told}");
}

#[test]
fn an_empty_value_is_none() {
    let environment = environment("MUNJIGI_", &[("MUNJIGI_COLOUR", ""), ("MUNJIGI_KEY", "x")]);
    let reader = Reader::new(&environment);
    assert!(reader.is_set(&KEY));
    assert!(!reader.is_set(&COLOUR) && !reader.is_set(&PORT));
}
