use std::io;

use super::*;

const RING: &str = "gpu/a1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs = pairs.iter().map(|(name, value)| (name.into(), value.into()));
    super::environment(pairs, |path| match path {
        "/ring" => Ok(format!("{RING}\n")),
        _ => Err(io::ErrorKind::NotFound.into()),
    })
}

#[test]
fn a_key_ring_is_all_that_must_be_set() {
    let config = Config::read(&environment(&[("MUNJIGI_INTERNAL_KEYS", RING)])).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8090");
    Config::read(&environment(&[("MUNJIGI_INTERNAL_KEYS_FILE", "/ring")])).unwrap();
}

#[test]
fn keys_that_sign_for_others_are_refused() {
    let own = RING;
    let ring = RING.trim_start_matches("gpu/");
    for (keys, problem) in [
        (ring.to_owned(), "munjigi keys derive gpu"),
        (format!("{own},edge/{ring}"), "munjigi keys derive gpu"),
        (format!("origin/{ring}"), "munjigi keys derive gpu"),
        (format!("{own},{ring}"), "entry 2"),
    ] {
        let mistakes = Config::read(&environment(&[("MUNJIGI_INTERNAL_KEYS", &keys)])).unwrap_err();
        let told = mistakes.to_string();
        assert!(told.contains(problem) && !told.contains("AAAA"), "{told}");
    }
}

#[test]
fn every_mistake_is_reported_at_once_and_no_value_is_shown() {
    let mistakes = Config::read(&environment(&[
        ("MUNJIGI_INTERNAL_KEYS", "hunter2"),
        ("MUNJIGI_GPU_LISTEN", "8090"),
        ("MUNJIGI_GPU_QUEUE", "-1"),
        ("MUNJIGI_GPU_QEUE", "4"),
        ("MUNJIGI_GPU_URL", "http://127.0.0.1:8090"),
        ("MUNJIGI_DATABASE_URL", "another part's"),
    ]))
    .unwrap_err();
    let names: Vec<&str> = mistakes.found.iter().map(|mistake| mistake.name.as_str()).collect();
    let wanted =
        ["MUNJIGI_GPU_QEUE", "MUNJIGI_GPU_LISTEN", "MUNJIGI_INTERNAL_KEYS", "MUNJIGI_GPU_QUEUE"];
    assert_eq!(names, wanted);
    assert!(!mistakes.to_string().contains("hunter2"));
}

#[test]
fn the_table_of_the_readme_is_this_one() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&markdown()), "put this into README.md:\n{}", markdown());
}
