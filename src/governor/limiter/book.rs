//! What answers have taught about routes: which bucket, how large.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;
use crate::governor::headers::Limits;
use crate::governor::route::{Credential, Major, Route};

/// A template that nobody used for so long is forgotten; its next request is a probe again.
const TEMPLATE_LIFE: Duration = Duration::from_secs(3600);

/// Names a bucket of ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// Nothing is known of this template.
    Probe(Arc<str>, Major),
    /// The template has no limit of its own.
    Free(Arc<str>, Major),
    /// Discord's name of the bucket, with the resource.
    Known(Arc<str>, Major),
}

#[derive(Debug)]
struct Template {
    /// Discord's name of the bucket where it was first met; `None` when there is no limit.
    bucket: Option<Arc<str>>,
    used: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    templates: HashMap<Arc<str>, Template>,
    /// Where a resource has another bucket than its template has elsewhere.
    exceptions: HashMap<(Arc<str>, Major), Arc<str>>,
    sizes: HashMap<Arc<str>, (u32, Duration)>,
    /// Where a resource was refused before anything was known: it waits alone, and others are tried.
    alone: HashSet<(Arc<str>, Major)>,
}

impl Book {
    pub(super) fn key(&self, route: &Route) -> Key {
        let here = (Arc::clone(&route.template), route.major);
        if let Some(bucket) = self.exceptions.get(&here) {
            return Key::Known(Arc::clone(bucket), route.major);
        }
        if self.alone.contains(&here) {
            return Key::Probe(here.0, here.1);
        }
        match self.templates.get(&route.template) {
            Some(Template { bucket: Some(bucket), .. }) => Key::Known(Arc::clone(bucket), route.major),
            Some(Template { bucket: None, .. }) => Key::Free(Arc::clone(&route.template), route.major),
            // Each token is new, so one that waited for the probe of another would wait at every start.
            None if route.credential == Credential::Path => {
                Key::Probe(Arc::clone(&route.template), route.major)
            }
            None => Key::Probe(Arc::clone(&route.template), Major::NONE),
        }
    }

    /// A bucket as it stands before its first request.
    pub(super) fn new_bucket(&self, key: &Key) -> Bucket {
        match key {
            Key::Probe(..) => Bucket::probe(),
            Key::Free(..) => Bucket::unlimited(),
            Key::Known(bucket, _) => self
                .sizes
                .get(bucket)
                .map_or_else(Bucket::probe, |(limit, window)| Bucket::new(*limit, *window)),
        }
    }

    /// A request was refused of whose bucket nothing is known.
    pub(super) fn set_alone(&mut self, route: &Route) -> Key {
        let here = (Arc::clone(&route.template), route.major);
        self.alone.insert(here.clone());
        Key::Probe(here.0, here.1)
    }

    /// Notes what an answer announced and names the bucket it spoke of.
    pub(super) fn learn(&mut self, route: &Route, limits: &Limits, now: Instant) -> Key {
        let template = self
            .templates
            .entry(Arc::clone(&route.template))
            .or_insert_with(|| Template { bucket: Some(Arc::clone(&limits.bucket)), used: now });
        template.used = now;
        let usual = Arc::clone(template.bucket.get_or_insert_with(|| Arc::clone(&limits.bucket)));
        let here = (Arc::clone(&route.template), route.major);
        if usual == limits.bucket {
            self.exceptions.remove(&here);
        } else {
            self.exceptions.insert(here, Arc::clone(&limits.bucket));
        }
        self.alone.remove(&(Arc::clone(&route.template), route.major));
        let size = self.sizes.entry(Arc::clone(&limits.bucket)).or_insert((limits.limit, Duration::ZERO));
        *size = (limits.limit, size.1.max(limits.reset_after));
        Key::Known(Arc::clone(&limits.bucket), route.major)
    }

    /// A success without any limit headers: the template has no limit, unless one was seen before.
    pub(super) fn learn_unlimited(&mut self, route: &Route, now: Instant) {
        let new = || Template { bucket: None, used: now };
        self.templates.entry(Arc::clone(&route.template)).or_insert_with(new).used = now;
        self.alone.remove(&(Arc::clone(&route.template), route.major));
    }

    /// Forgets what no bucket and no recent template needs.
    pub(super) fn sweep(&mut self, buckets: &HashMap<Key, Bucket>, now: Instant) {
        self.templates.retain(|_, template| now.duration_since(template.used) < TEMPLATE_LIFE);
        self.exceptions
            .retain(|(_, major), bucket| buckets.contains_key(&Key::Known(Arc::clone(bucket), *major)));
        self.alone
            .retain(|(template, major)| buckets.contains_key(&Key::Probe(Arc::clone(template), *major)));
        let of_templates = self.templates.values().filter_map(|template| template.bucket.as_ref());
        let of_buckets = buckets.keys().filter_map(|key| match key {
            Key::Known(bucket, _) => Some(bucket),
            Key::Probe(..) | Key::Free(..) => None,
        });
        let needed: HashSet<Arc<str>> = of_templates.chain(of_buckets).map(Arc::clone).collect();
        self.sizes.retain(|bucket, _| needed.contains(bucket));
    }
}
