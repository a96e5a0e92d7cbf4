use munjigi_captcha::{Vendor, new_site};
use munjigi_domain::entropy::Entropy;
use munjigi_protocol::{
    Level, Mode, Protection, Rule, RuleMatch, SiteConfig, SiteState, Verdict, Work,
};
use munjigi_store::sites::find;
use tempfile::TempDir;

use super::super::export;
use super::*;
use munjigi_rig::{KEY as CHECK, Rig, check};

const INTERNAL: &str = "g1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE";

/// The folder of a gate with these lines of sites.
fn gate(sites: &[SiteConfig]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    for (name, key) in [("check", CHECK), ("internal", INTERNAL)] {
        std::fs::write(folder.path().join("keys").join(name), format!("{key}\n")).unwrap();
    }
    let text = super::super::gate_file::write(sites, Some("https://captcha.example")).unwrap();
    let file = folder.path().join("gate.toml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

/// A site with everything that a line may say, and one that says least.
fn two(rig: &Rig) -> [SiteConfig; 2] {
    let entropy = Entropy::from_seed(7);
    let sitekey = || entropy.with(|generator| check().mint_sitekey(generator)).to_string();
    let alias = entropy.with(|generator| check().mint_alias(Vendor::Turnstile, generator));
    let hash = || rig.new_hash().as_str().to_owned();
    let least = SiteConfig {
        hosts: vec!["localhost".to_owned()],
        allow_loopback: true,
        secrets: vec![hash()],
        ..new_site(&sitekey())
    };
    let when = RuleMatch { list: Some("tor-exits".to_owned()), ..RuleMatch::default() };
    let all = SiteConfig {
        hosts: vec!["shop.example".to_owned(), "*.shop.example".to_owned()],
        secrets: vec![hash(), hash()],
        state: SiteState::Paused,
        mode: Mode::Interactive,
        work: Work { floor: 50_000, ceiling: 5_000_000 },
        count: 8,
        token_lifetime_seconds: 120,
        fallback_allowed: false,
        rules: vec![Rule { when, verdict: Verdict::Harder }],
        aliases: vec![alias.to_string()],
        protect: vec![Protection {
            path: "/account/*".to_owned(),
            host: None,
            methods: vec!["POST".to_owned()],
            level: Some(Level::Worked),
            dry_run: false,
            no_exemptions: false,
            above_per_second: None,
        }],
        ..new_site(&sitekey())
    };
    let mut both = [least, all];
    both.sort_by(|one, other| one.sitekey.cmp(&other.sitekey));
    both
}

async fn adopt(rig: &Rig, file: &Path, organisation: Option<&Id>) -> Result<Vec<Adopted>, Fail> {
    let gate = Gate::read(file, Some(CHECK))?;
    carry_out(&rig.pool, &gate.sites, organisation, MostSites(5), rig.now()).await
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn adopted_sites_keep_everything_and_are_exported_as_they_were(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let kim = rig.someone("Kim").await;
    let sites = two(&rig);
    let (_folder, file) = gate(&sites);
    let adopted = adopt(&rig, &file, Some(&kim.organisation)).await.unwrap();
    assert!(adopted.iter().all(|site| site.new) && adopted.len() == 2, "{adopted:?}");
    for site in &sites {
        let stored = find(&rig.pool, &site.sitekey).await.unwrap().unwrap();
        assert_eq!(stored.organisation.as_deref(), Some(kim.organisation.as_str()));
        let mut secrets = site.secrets.clone();
        secrets.reverse();
        let version = stored.config.version;
        assert_eq!(stored.config, SiteConfig { version, secrets, ..site.clone() });
    }
    let queued = "SELECT count(*) FROM deliveries WHERE topic = 'sites'";
    assert_eq!(rig.number(queued).await, 2);
    // Again: nothing more.
    let adopted = adopt(&rig, &file, Some(&kim.organisation)).await.unwrap();
    assert!(adopted.iter().all(|site| !site.new), "{adopted:?}");
    // A deleted one would be taken off the gate: that is told, not passed over.
    let change = munjigi_domain::site_change::Change::Delete;
    rig.change(&sites[0].sitekey, change).await.unwrap();
    let fail = adopt(&rig, &file, None).await.unwrap_err();
    assert!(fail.to_string().contains("site restore"), "{fail}");
    let change = munjigi_domain::site_change::Change::Restore(MostSites(5));
    rig.change(&sites[0].sitekey, change).await.unwrap();
    // Back again: the same lines.
    let text = export::file(&rig.pool, &[], None).await.unwrap();
    let exported = GateFile::parse(&text).unwrap().sites;
    let lines: Vec<SiteConfig> =
        exported.into_iter().map(|(sitekey, entry)| entry.config(&sitekey)).collect();
    assert_eq!(lines, sites);
    assert!(text.contains("# tor-exits = \"lists/tor-exits.txt\"\n"), "{text}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn one_site_is_exported_alone_and_an_unknown_one_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let sites = two(&rig);
    let (_folder, file) = gate(&sites);
    adopt(&rig, &file, None).await.unwrap();
    let sitekey = |site: &SiteConfig| check().sitekey(&site.sitekey).unwrap();
    let text = export::file(&rig.pool, &[sitekey(&sites[1])], Some("https://a.example")).await;
    let text = text.unwrap();
    assert!(text.contains("\nurl = \"https://a.example\"\n"), "{text}");
    let exported: Vec<_> = GateFile::parse(&text).unwrap().sites.into_keys().collect();
    assert_eq!(exported, [sites[1].sitekey.clone()]);
    let unknown = Entropy::from_seed(8).with(|generator| check().mint_sitekey(generator));
    let fail = export::file(&rig.pool, &[unknown], None).await.unwrap_err();
    assert_eq!(fail.exit, Exit::Site);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_an_origin_cannot_have_is_named_and_nothing_is_stored(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let [good, _] = two(&rig);
    let list = |name: &str| {
        let when = RuleMatch { list: Some(name.to_owned()), ..RuleMatch::default() };
        vec![Rule { when, verdict: Verdict::Block }]
    };
    let hash = || rig.new_hash().as_str().to_owned();
    let cases = [
        (
            SiteConfig { sitekey: "mj_00000000000000000000000000".to_owned(), ..good.clone() },
            "not a sitekey of this gate",
        ),
        (SiteConfig { secrets: vec![hash(), hash(), hash()], ..good.clone() }, "end-secrets"),
        (SiteConfig { secrets: vec!["x".to_owned()], ..good.clone() }, "64 lower-case"),
        (SiteConfig { aliases: vec!["6Lxx@a.example".to_owned()], ..good.clone() }, "site import"),
        (SiteConfig { rules: list("office"), ..good.clone() }, "office"),
        (SiteConfig { count: 65, ..good.clone() }, "64"),
    ];
    for (site, told) in cases {
        let (_folder, file) = gate(&[site]);
        let fail = adopt(&rig, &file, None).await.unwrap_err();
        assert!(fail.to_string().contains(told), "{fail}");
    }
    for (text, told) in [
        ("sites = 3", "gate.toml"),
        ("[sites]", "key check"),
        ("key_check_file = \"gone\"\n[sites]", "gone"),
        ("[sites]\nmj_a = { hosts = [], secrets = [], colour = 1 }", "colour"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gate.toml");
        std::fs::write(&file, text).unwrap();
        let fail = Gate::read(&file, None).err().unwrap();
        assert!(fail.to_string().contains(told), "{fail}");
    }
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_secret_of_another_site_and_an_unknown_organisation_are_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let [one, mut other] = two(&rig);
    let (_folder, file) = gate(std::slice::from_ref(&one));
    let nowhere: Id = "0000000000000000".parse().unwrap();
    let fail = adopt(&rig, &file, Some(&nowhere)).await.unwrap_err();
    assert!(fail.to_string().contains("no organisation has this id"), "{fail}");
    other.secrets.clone_from(&one.secrets);
    let (_folder, file) = gate(&[other]);
    let fail = adopt(&rig, &file, None).await.unwrap_err();
    assert!(fail.to_string().contains(&one.sitekey), "{fail}");
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 1);
}

#[test]
fn keys_are_named_by_their_files_and_never_shown() {
    let sitekey = Entropy::from_seed(7).with(|generator| check().mint_sitekey(generator));
    let site = SiteConfig {
        hosts: vec!["a.example".to_owned()],
        secrets: vec!["0".repeat(64)],
        ..new_site(&sitekey.to_string())
    };
    let (folder, file) = gate(&[site]);
    let read = Gate::read(&file, None).unwrap();
    let text = told(&read, &[], &file, &|_| None);
    for name in ["check", "internal"] {
        let path = folder.path().join("keys").join(name);
        assert!(text.contains(&format!("_FILE={}\n", path.display())), "{text}");
    }
    assert!(text.contains("MUNJIGI_EDGE_URL=https://captcha.example\n"), "{text}");
    assert!(!text.contains(CHECK) && !text.contains(INTERNAL), "{text}");
    let ours = |name: &str| Some(if name == KEY_CHECK { CHECK } else { "other" });
    let text = told(&read, &[], &file, &ours);
    assert!(text.contains("is the gate's already") && text.contains("keys derive edge"), "{text}");
    // Another origin's sitekeys would be void at the gate.
    let fail =
        Gate::read(&file, Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).err().unwrap();
    assert!(fail.to_string().contains("not this origin's"), "{fail}");
}
