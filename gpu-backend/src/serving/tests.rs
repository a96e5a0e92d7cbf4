use super::*;

#[test]
fn plans_are_read_and_their_mistakes_reported() {
    let plan = Plan::read(
        "latest = \"1.0.0\"\nfallback = \"other@2.0.0\"\n[canary]\nversion = \"1.1.0\"\nshare = 0.1",
    )
    .unwrap();
    assert_eq!(plan.latest, Some("1.0.0".parse().unwrap()));
    assert_eq!(plan.fallback, Some("other@2.0.0".parse().unwrap()));
    assert_eq!(Plan::read("").unwrap(), Plan::default());
    for text in [
        "latest = \"1\"",
        "colour = 1",
        "fallback = \"Other\"",
        "[canary]\nversion = \"1.1.0\"\nshare = 2.0",
        "[canary]\nversion = \"1.1.0\"",
    ] {
        assert!(Plan::read(text).is_err(), "{text}");
    }
}

#[test]
fn a_model_is_named_with_or_without_a_version() {
    let named = |text: &str| text.parse::<Named>();
    assert_eq!(named("tile").unwrap(), named("tile@latest").unwrap());
    assert_eq!(named("tile@1.0.2").unwrap().to_string(), "tile@1.0.2");
    for text in ["", "@", "Tile", "tile@", "tile@1", "tile@01.0.0", "tile@1.0.0@2.0.0"] {
        assert!(named(text).is_err(), "{text}");
    }
}

#[test]
fn ids_are_spread_evenly_and_keep_their_position() {
    let below = (0..10_000).filter(|id: &u32| place(&id.to_string()) < 0.1).count();
    assert!((900..1_100).contains(&below), "{below}");
    assert!((place("a") - place("a")).abs() < f64::EPSILON);
}
