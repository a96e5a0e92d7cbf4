//! What members of an organisation may do. Every page and every API route names
//! a permission; which roles have it is decided only here.

/// The role of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, including the organisation itself.
    Owner,
    /// Sites and members, except owners.
    Admin,
    /// Reads and exports everything about sites; changes rules.
    Analyst,
    /// Reads.
    ReadOnly,
}

/// What a member or key can be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See sites, their settings and statistics.
    ReadSites,
    /// Export lists as files.
    Export,
    /// Change a site's rules.
    ChangeRules,
    /// Create, change, pause, delete and restore sites.
    ChangeSites,
    /// Create and revoke secrets.
    ChangeSecrets,
    /// Choose who is notified of what: webhooks and emails.
    ChangeNotifications,
    /// See who the members are.
    ReadTeam,
    /// Invite, change and remove members. With a key: only those whose role has
    /// no permission that the key lacks.
    ChangeTeam,
    ChangeOwners,
    /// Read the audit log.
    ReadAudit,
    /// Have models look at images, and read what they say.
    RunJobs,
    /// Create and revoke API keys.
    ChangeKeys,
    /// Rename and delete the organisation.
    ChangeOrganisation,
}

impl Role {
    /// All roles, highest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Analyst, Self::ReadOnly];

    /// The spelling in rows and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Analyst => "analyst",
            Self::ReadOnly => "read-only",
        }
    }

    /// Parses the spelling in rows and forms.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// For the middle of a sentence.
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Owner => "an owner",
            Self::Admin => "an admin",
            Self::Analyst => "an analyst",
            Self::ReadOnly => "a read-only member",
        }
    }

    /// What the role is for, in a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Owner => "Full access, including the organisation and its owners.",
            Self::Admin => "Manages sites, secrets and members, except owners.",
            Self::Analyst => "Reads and exports everything, and changes rules.",
            Self::ReadOnly => "Reads sites and their statistics.",
        }
    }

    /// Whether the role has a permission.
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadSites | Permission::ReadTeam => true,
            Permission::Export | Permission::ChangeRules => {
                matches!(self, Self::Owner | Self::Admin | Self::Analyst)
            }
            Permission::ChangeSites
            | Permission::ChangeSecrets
            | Permission::ChangeNotifications
            | Permission::ChangeTeam
            | Permission::ChangeKeys
            | Permission::ReadAudit
            | Permission::RunJobs => matches!(self, Self::Owner | Self::Admin),
            Permission::ChangeOwners | Permission::ChangeOrganisation => {
                matches!(self, Self::Owner)
            }
        }
    }

    /// Whether the role may grant another, or change a member who has it.
    pub const fn may_grant(self, role: Self) -> bool {
        match role {
            Self::Owner => self.may(Permission::ChangeOwners),
            Self::Admin | Self::Analyst | Self::ReadOnly => self.may(Permission::ChangeTeam),
        }
    }
}

/// Who adds, changes and removes members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granting {
    /// A person, by their role.
    Member(Role),
    /// A program with a key: by the role of its creator, and only within the
    /// key's scopes.
    Key {
        /// The role of the key's creator.
        role: Role,
        /// The permissions of the key.
        scopes: Vec<Permission>,
    },
}

impl Granting {
    /// The same, if the role has changed since the request was authenticated.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Self {
        match self {
            Self::Member(_) => Self::Member(role),
            Self::Key { scopes, .. } => Self::Key { role, scopes: scopes.clone() },
        }
    }

    /// Whether they may grant a role, or change a member who has it. A key
    /// grants no role with permissions that it lacks, so no key makes admins,
    /// who may create keys.
    pub fn may_grant(&self, role: Role) -> bool {
        match self {
            Self::Member(own) => own.may_grant(role),
            Self::Key { role: own, scopes } => {
                let mut gives = Permission::ALL.into_iter().filter(|given| role.may(*given));
                own.may_grant(role) && gives.all(|given| scopes.contains(&given))
            }
        }
    }
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 13] = [
        Self::ReadSites,
        Self::Export,
        Self::ChangeRules,
        Self::ChangeSites,
        Self::ChangeSecrets,
        Self::ChangeNotifications,
        Self::ReadTeam,
        Self::ChangeTeam,
        Self::ChangeOwners,
        Self::ReadAudit,
        Self::RunJobs,
        Self::ChangeKeys,
        Self::ChangeOrganisation,
    ];

    /// The spelling in API keys; `None` for what only people may do: a key
    /// creates neither keys nor owners.
    pub const fn scope(self) -> Option<&'static str> {
        match self {
            Self::ReadSites => Some("sites:read"),
            Self::Export => Some("export"),
            Self::ChangeRules => Some("rules:write"),
            Self::ChangeSites => Some("sites:write"),
            Self::ChangeSecrets => Some("secrets:write"),
            Self::ReadTeam => Some("team:read"),
            Self::ChangeTeam => Some("team:write"),
            Self::ReadAudit => Some("audit:read"),
            Self::RunJobs => Some("jobs:run"),
            Self::ChangeNotifications
            | Self::ChangeOwners
            | Self::ChangeKeys
            | Self::ChangeOrganisation => None,
        }
    }

    /// For people who choose scopes.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::ReadSites => "view sites, their settings and statistics",
            Self::Export => "export lists as files",
            Self::ChangeRules => "change the rules of sites",
            Self::ChangeSites => "create, change, pause, delete and restore sites",
            Self::ChangeSecrets => "create and revoke secrets",
            Self::ChangeNotifications => "choose who is notified about anomalies",
            Self::ReadTeam => "view the members",
            Self::ChangeTeam => {
                "invite, change and remove members with no more permissions than the key"
            }
            Self::ChangeOwners => "invite, remove and change owners",
            Self::ReadAudit => "read the audit log",
            Self::RunJobs => "have models look at images",
            Self::ChangeKeys => "create and revoke keys",
            Self::ChangeOrganisation => "rename and delete the organisation",
        }
    }

    /// Parses a scope from a key's row, a form or a request.
    pub fn of_scope(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.scope() == Some(text))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn who_may_do_what() {
        let mut table = String::new();
        for permission in Permission::ALL {
            let who: Vec<&str> = Role::ALL
                .into_iter()
                .filter(|role| role.may(permission))
                .map(Role::as_str)
                .collect();
            writeln!(table, "{permission:?}: {}", who.join(" ")).unwrap();
        }
        insta::assert_snapshot!(table, @r"
        ReadSites: owner admin analyst read-only
        Export: owner admin analyst
        ChangeRules: owner admin analyst
        ChangeSites: owner admin
        ChangeSecrets: owner admin
        ChangeNotifications: owner admin
        ReadTeam: owner admin analyst read-only
        ChangeTeam: owner admin
        ChangeOwners: owner
        ReadAudit: owner admin
        RunJobs: owner admin
        ChangeKeys: owner admin
        ChangeOrganisation: owner
        ");
    }

    #[test]
    fn no_one_grants_more_rights_than_their_own() {
        for granting in Role::ALL {
            for granted in Role::ALL {
                let more = Permission::ALL.into_iter().any(|p| granted.may(p) && !granting.may(p));
                assert!(!(granting.may_grant(granted) && more), "{granting:?} {granted:?}");
            }
        }
    }

    #[test]
    fn a_key_cannot_grant_more_than_it_has() {
        use Permission::{ChangeRules, ChangeTeam, Export, ReadSites, ReadTeam};
        let every: Vec<Permission> =
            Permission::ALL.into_iter().filter(|permission| permission.scope().is_some()).collect();
        for (role, scopes, granted) in [
            (Role::Owner, every.clone(), [false, false, true, true]),
            (Role::Admin, every.clone(), [false, false, true, true]),
            (Role::Analyst, every, [false; 4]),
            (Role::Owner, vec![ChangeTeam], [false; 4]),
            (Role::Owner, vec![ChangeTeam, ReadSites, ReadTeam], [false, false, false, true]),
            (
                Role::Admin,
                vec![ChangeTeam, ReadSites, ReadTeam, Export, ChangeRules],
                [false, false, true, true],
            ),
        ] {
            let key = Granting::Key { role, scopes };
            assert_eq!(Role::ALL.map(|role| key.may_grant(role)), granted, "{key:?}");
        }
        for own in Role::ALL {
            for role in Role::ALL {
                assert_eq!(Granting::Member(own).may_grant(role), own.may_grant(role));
            }
        }
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("Owner"), None);
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for permission in Permission::ALL {
            if let Some(scope) = permission.scope() {
                assert_eq!(Permission::of_scope(scope), Some(permission));
            }
        }
        assert_eq!(Permission::of_scope("keys:write"), None);
    }
}
