//! A table of objects that counts how many of them were visited.
//!
//! The counts let a test show that a request to an appliance with many objects visits no more of
//! them than one to an appliance with few.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of objects visited, of all tables of an appliance together.
#[derive(Clone, Default)]
pub(crate) struct Visits(Arc<AtomicU64>);

impl Visits {
    fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Objects in the order of their keys.
pub(crate) struct Table<K, V> {
    objects: BTreeMap<K, V>,
    visits: Visits,
}

impl<K: Ord, V> Table<K, V> {
    pub fn new(visits: &Visits) -> Table<K, V> {
        Table {
            objects: BTreeMap::new(),
            visits: visits.clone(),
        }
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.visits.one();
        self.objects.get(key)
    }

    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.visits.one();
        self.objects.get_key_value(key)
    }

    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.visits.one();
        self.objects.get_mut(key)
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.visits.one();
        self.objects.insert(key, value)
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.visits.one();
        self.objects.remove(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.objects.iter().inspect(|_| self.visits.one())
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}
