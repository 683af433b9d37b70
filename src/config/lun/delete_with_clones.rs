//! Policy for the deletion of volumes and snapshots that have clones.

/// Deletion of a volume or snapshot that has clones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeleteWithClones {
    /// It fails and changes nothing.
    Refuse,
    /// It hides the object, which is deleted with its last clone.
    Defer,
}

impl DeleteWithClones {
    /// The policy as `zfssa_delete_with_clones` spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Defer => "defer",
        }
    }

    /// The policy of a word of `zfssa_delete_with_clones`; `None` for any other text.
    pub(crate) fn from_choice(choice: &str) -> Option<Self> {
        [Self::Refuse, Self::Defer]
            .into_iter()
            .find(|value| value.as_str() == choice)
    }
}
