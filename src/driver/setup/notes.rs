//! Notes of a set-up: changes made, objects changed, and warnings.

/// Changes and warnings of a reconciliation.
#[derive(Debug, Default)]
pub(in crate::driver) struct Notes {
    /// One sentence each.
    pub(in crate::driver) changes: Vec<String>,
    /// Changed objects, for the error to name.
    pub(in crate::driver) changed: Vec<String>,
    /// One sentence each.
    pub(in crate::driver) warnings: Vec<String>,
}

impl Notes {
    pub(in crate::driver) fn made(&mut self, what: String) {
        self.changes.push(format!("{what} was made"));
        self.changed.push(what);
    }

    /// Members were added to a group; reported once, after any number of attempts.
    pub(in crate::driver) fn added(&mut self, kind: &str, name: &str) {
        let group = format!("{kind} {name}");
        if !self.changed.contains(&group) {
            self.changes.push(format!("{group} got more members"));
            self.changed.push(group);
        }
    }

    /// A CHAP secret was set. The former secret cannot be read, so this counts as a change only if
    /// the rest of the account differs.
    pub(in crate::driver) fn account(&mut self, whose: &str, change: Option<String>) {
        self.changes.extend(change);
        self.changed.push(format!("the CHAP account of {whose}"));
    }
}
