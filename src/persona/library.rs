//! The characters that are to be had: those in the binary, or those of a folder.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Persona;
use super::folder::{self, File};
use super::schema::{self, Entry};
use crate::document::Problem;
use crate::ids::PersonaId;

/// Characters by id and by name, and the one that answers where none was chosen. Clones share one state.
#[derive(Clone)]
pub struct Library {
    shelf: Arc<Shelf>,
}

struct Shelf {
    /// By name.
    personas: Vec<Arc<Persona>>,
    default: Arc<Persona>,
    problems: Vec<Problem>,
}

/// Why a folder gives no library at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the persona folder {} does not exist: create it, or unset PRISM_PERSONAS to use the built-in personas", .0.display())]
    Missing(PathBuf),
    #[error("the persona folder {} cannot be read ({source}): give this user the right to read it", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(
        "the persona folder {} holds no persona: put a file such as ada.toml there (symbolic links and names \
         that start with _ or . are passed over), or unset PRISM_PERSONAS to use the built-in personas",
        .0.display()
    )]
    Empty(PathBuf),
    /// Every file has problems; they say where.
    #[error("no persona in {} can be used: mend at least one file", .path.display())]
    NoneGood { path: PathBuf, problems: Vec<Problem> },
}

impl Library {
    /// The characters that ship with the binary.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the files are part of the binary and a test reads each of them")]
    pub fn embedded() -> Self {
        let files = super::embedded::FILES.iter().map(|(id, text)| File {
            id: (*id).to_owned(),
            source: format!("personas/{id}.toml"),
            text: Ok((*text).to_owned()),
        });
        Self::gather(files.collect()).expect("the embedded personas are good")
    }

    /// Reads every `*.toml` of a folder. A bad file is named by the problems and does not keep the others away.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// [`LoadError`] when not one persona is left.
    pub fn load(folder: &Path) -> Result<(Self, Vec<Problem>), LoadError> {
        let path = folder.to_owned();
        let files = folder::files(folder).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => LoadError::Missing(path.clone()),
            _ => LoadError::Unreadable { path: path.clone(), source },
        })?;
        if files.is_empty() {
            return Err(LoadError::Empty(path));
        }
        let library = Self::gather(files).map_err(|problems| LoadError::NoneGood { path, problems })?;
        let problems = library.problems();
        Ok((library, problems))
    }

    #[must_use]
    pub fn get(&self, id: &PersonaId) -> Option<Arc<Persona>> {
        self.shelf.personas.iter().find(|persona| persona.id == *id).cloned()
    }

    /// The persona with this id, else the one with this name; capital letters make no difference.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Arc<Persona>> {
        let wanted = text.trim().to_lowercase();
        let by = |fits: &dyn Fn(&Persona) -> bool| {
            self.shelf.personas.iter().find(|persona| fits(persona)).cloned()
        };
        by(&|persona| persona.id.as_str() == wanted)
            .or_else(|| by(&|persona| persona.name.to_lowercase() == wanted))
    }

    /// The one marked `default = true`, else the first by id.
    #[must_use]
    pub fn default_persona(&self) -> Arc<Persona> {
        Arc::clone(&self.shelf.default)
    }

    /// All of them, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Persona>> {
        self.shelf.personas.clone()
    }

    /// What was wrong with files that are missing here, and with those that are not.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.shelf.problems.clone()
    }

    /// Files come by id; where two want the same, the first has it.
    fn gather(files: Vec<File>) -> Result<Self, Vec<Problem>> {
        let mut gathering = Gathering::default();
        for file in files {
            gathering.add(file);
        }
        gathering.finish().map(|shelf| Self { shelf: Arc::new(shelf) })
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.shelf.personas.iter().map(|persona| &persona.id)).finish()
    }
}

#[derive(Default)]
struct Gathering {
    personas: Vec<Arc<Persona>>,
    /// Which file has a name, by the name in small letters.
    names: HashMap<String, String>,
    default: Option<(Arc<Persona>, String)>,
    problems: Vec<Problem>,
}

impl Gathering {
    fn add(&mut self, file: File) {
        let source = file.source.clone();
        let entry = match parse(file) {
            Ok(entry) => entry,
            Err(problems) => return self.problems.extend(problems),
        };
        let name = entry.persona.name.to_lowercase();
        if let Some(first) = self.names.get(&name) {
            let message = format!("{first} has the same name; give one of the two another");
            let key = Some("name".to_owned());
            self.problems.push(Problem { source, place: Some(entry.name_place), key, message });
            return;
        }
        self.names.insert(name, source.clone());
        let persona = Arc::new(entry.persona);
        self.personas.push(Arc::clone(&persona));
        let Some(place) = entry.default_place else { return };
        if let Some((_, first)) = &self.default {
            let message = format!("{first} already is the default, and stays it; only one may be");
            self.problems.push(Problem {
                source,
                place: Some(place),
                key: Some("default".to_owned()),
                message,
            });
        } else {
            self.default = Some((persona, source));
        }
    }

    fn finish(mut self) -> Result<Shelf, Vec<Problem>> {
        let first = self.personas.iter().min_by(|left, right| left.id.cmp(&right.id)).cloned();
        let Some(default) = self.default.map(|(persona, _)| persona).or(first) else {
            return Err(self.problems);
        };
        self.personas.sort_by_cached_key(|persona| (persona.name.to_lowercase(), persona.id.clone()));
        Ok(Shelf { personas: self.personas, default, problems: self.problems })
    }
}

fn parse(file: File) -> Result<Entry, Vec<Problem>> {
    let text = file.text.map_err(|problem| vec![problem])?;
    let id = PersonaId::parse(&file.id).map_err(|rule| {
        let message = format!("a persona's file is named by its id, and {rule}; rename the file");
        vec![Problem::of(file.source.clone(), message)]
    })?;
    schema::read(id, &file.source, &text)
}
