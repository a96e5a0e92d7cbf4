//! Who belongs to an organisation, and who decides that.

use munjigi_domain::accounts::{Granting, Id, Role};
use munjigi_store::organisations::{ChangeMember, TeamRefused};
use munjigi_store::transact;
use sqlx::PgPool;

use munjigi_rig::people::PASSWORD;
use munjigi_rig::people::link_to;
use munjigi_rig::{Rig, Tab};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_invitation_is_for_one_address_and_works_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let mut tab = rig.tab_of(&kim.account).await;
    let team = format!("/console/{}/team", kim.organisation);
    tab.open(&team).await;
    for email in [lee.email.as_str(), "new@shop.example"] {
        tab.send(&format!("{team}/invite"), &[("email", email), ("role", "analyst")]).await;
        assert!(tab.page.contains("We sent an email with a link"), "{}", tab.page);
    }
    let (for_lee, for_new) =
        (link_to(&rig, &lee.email).await, link_to(&rig, "new@shop.example").await);

    // Another user follows the link.
    let mut kims = rig.tab_of(&kim.account).await;
    kims.open(&for_lee).await;
    assert!(kims.page.contains("you are logged in with a different address"), "{}", kims.page);
    let link = for_lee.split('=').nth(1).unwrap().to_owned();
    kims.send("/invitation", &[("link", &link)]).await;
    assert_eq!(kims.status, 400);
    // A user who has an account does not create a second one.
    let mut guest = Tab::new(&rig);
    guest.open(&for_lee).await;
    assert!(guest.page.contains("Log in to it, then follow the link"), "{}", guest.page);
    guest.open("/log-in").await;
    guest.send("/invitation", &[("link", &link), ("name", "Lee"), ("password", PASSWORD)]).await;
    assert_eq!(guest.status, 400);

    let mut lees = rig.tab_of(&lee.account).await;
    lees.open(&for_lee).await;
    lees.send("/invitation", &[("link", &link)]).await;
    assert_eq!(lees.path, format!("/console/{}", kim.organisation));
    lees.open(&for_lee).await;
    assert_eq!(lees.status, 410);

    let mut new = Tab::new(&rig);
    new.open(&for_new).await;
    let link = new.value_of("link");
    new.send("/invitation", &[("link", &link), ("name", ""), ("password", "short")]).await;
    assert_eq!(new.status, 422);
    assert!(new.page.contains("Enter a name.") && new.page.contains("at least 10"), "{}", new.page);
    new.send("/invitation", &[("link", &link), ("name", "New"), ("password", PASSWORD)]).await;
    assert_eq!(new.path, format!("/console/{}", kim.organisation));
    let joined = "SELECT count(*) FROM members WHERE role = 'analyst'";
    assert_eq!(rig.number(joined).await, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_withdrawn_invitation_is_worthless(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let team = format!("/console/{}/team", kim.organisation);
    tab.open(&team).await;
    tab.send(&format!("{team}/invite"), &[("email", "new@shop.example"), ("role", "admin")]).await;
    let link = link_to(&rig, "new@shop.example").await;
    let id = tab.value_of("invitation");
    tab.send(&format!("{team}/withdraw"), &[("invitation", &id)]).await;
    assert!(tab.page.contains("The invitation has been revoked"), "{}", tab.page);
    let mut guest = Tab::new(&rig);
    guest.open(&link).await;
    assert_eq!(guest.status, 410);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_admin_makes_no_one_an_owner_and_removes_none(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee, park) =
        (rig.someone("Kim").await, rig.someone("Lee").await, rig.someone("Park").await);
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    rig.join(&kim.organisation, &park.account, Role::ReadOnly).await;
    let mut tab = rig.tab_of(&lee.account).await;
    let team = format!("/console/{}/team", kim.organisation);
    let (of_kim, of_lee, of_park) =
        (kim.account.as_str(), lee.account.as_str(), park.account.as_str());
    for (part, fields, told) in [
        ("invite", [("email", "new@shop.example"), ("role", "owner")].as_slice(), "Only an owner"),
        ("change", &[("account", of_park), ("role", "owner")], "Only an owner"),
        ("change", &[("account", of_lee), ("role", "owner")], "Only an owner"),
        ("change", &[("account", of_kim), ("role", "read-only")], "Only an owner"),
        ("remove", &[("account", of_kim)], "Only an owner"),
        ("change", &[("account", of_park), ("role", "analyst")], "The role has been changed"),
        ("remove", &[("account", of_park)], "The member has been removed"),
    ] {
        tab.open(&team).await;
        tab.send(&format!("{team}/{part}"), fields).await;
        assert!(tab.page.contains(told), "{part} {fields:?}: {}", tab.page);
    }
    // Every member can end their own membership.
    tab.open(&team).await;
    tab.send(&format!("{team}/remove"), &[("account", of_lee)]).await;
    tab.open(&team).await;
    assert_eq!(tab.status, 404);
}

async fn invited(rig: &Rig, organisation: &Id) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT role || ' ' || email FROM invitations WHERE organisation = $1 ORDER BY email",
    )
    .bind(organisation.as_str())
    .fetch_all(&rig.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_demoted_member_keeps_the_invitations_that_they_may_still_send(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&kim.organisation, &lee.account, Role::Owner).await;
    let team = format!("/console/{}/team", kim.organisation);
    let (mut of_kim, mut of_lee) = (rig.tab_of(&kim.account).await, rig.tab_of(&lee.account).await);
    for role in ["owner", "admin", "read-only"] {
        let email = format!("{role}@evil.example");
        of_lee.open(&team).await;
        of_lee.send(&format!("{team}/invite"), &[("email", &email), ("role", role)]).await;
    }
    for (role, left) in [
        ("admin", ["admin admin@evil.example", "read-only read-only@evil.example"].as_slice()),
        ("analyst", &[]),
    ] {
        of_kim.open(&team).await;
        let fields = [("account", lee.account.as_str()), ("role", role)];
        of_kim.send(&format!("{team}/change"), &fields).await;
        assert_eq!(invited(&rig, &kim.organisation).await, left, "{role}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_organisation_keeps_an_owner_even_if_two_leave_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let team = format!("/console/{}/team", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    for (part, more) in [("remove", None), ("change", Some(("role", "admin")))] {
        tab.open(&team).await;
        let fields: Vec<_> = [("account", kim.account.as_str())].into_iter().chain(more).collect();
        tab.send(&format!("{team}/{part}"), &fields).await;
        assert!(tab.page.contains("must have at least one owner"), "{part}: {}", tab.page);
    }
    rig.join(&kim.organisation, &lee.account, Role::Owner).await;
    let mut other = rig.tab_of(&lee.account).await;
    tab.open(&team).await;
    other.open(&team).await;
    let (mine, others) = (tab.csrf_token(), other.csrf_token());
    let path = format!("{team}/remove");
    let (of_kim, of_lee) = (kim.account.as_str(), lee.account.as_str());
    let first = [("account", of_kim), ("csrf_token", mine.as_str())];
    let second = [("account", of_lee), ("csrf_token", others.as_str())];
    tokio::join!(tab.send_raw(&path, &first, &[]), other.send_raw(&path, &second, &[]));
    let owners = "SELECT count(*) FROM members JOIN organisations ON id = organisation
        WHERE role = 'owner' AND name = 'Kim''s'";
    assert_eq!(rig.number(owners).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_member_who_was_demoted_meanwhile_changes_no_one(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&kim.organisation, &lee.account, Role::ReadOnly).await;
    // The request passed the access check while they were an owner.
    let unit = ChangeMember {
        organisation: &kim.organisation,
        account: &kim.account,
        role: None,
        actor: &lee.actor(),
        by: &Granting::Member(Role::Owner),
        now: rig.now(),
    };
    assert_eq!(transact(&rig.pool, &unit).await.unwrap(), Err(TeamRefused::TooMighty));
    let unit = ChangeMember { role: Some(Role::Admin), account: &lee.account, ..unit };
    assert_eq!(transact(&rig.pool, &unit).await.unwrap(), Err(TeamRefused::TooMighty));
}
