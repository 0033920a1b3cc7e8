//! The characters that ship, inside the binary.

macro_rules! files {
    ($($id:literal)*) => {
        /// Id and text of every file in `personas/`.
        pub(super) const FILES: &[(&str, &str)] = &[
            $(($id, include_str!(concat!("../../personas/", $id, ".toml")))),*
        ];
    };
}

files! {
    "colony"
    "dandridge"
    "drusilla"
    "kettle"
    "odile"
    "osgar"
    "pell"
    "teo"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::{Library, Rating};

    #[test]
    fn every_file_in_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/personas");
        let names =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut shipped: Vec<String> =
            names.filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned())).collect();
        shipped.sort();
        let embedded: Vec<&str> = FILES.iter().map(|(id, _)| *id).collect();
        assert_eq!(embedded, shipped);
    }

    #[test]
    fn every_character_is_whole() {
        let library = Library::embedded();
        assert_eq!(library.problems(), []);
        assert_eq!(library.list().len(), FILES.len());
        assert_eq!(library.default_persona().id.as_str(), "odile");
        for persona in library.list() {
            let spoken = [&persona.tagline, &persona.greeting].into_iter().all(|text| !text.is_empty());
            assert!(
                spoken && persona.thinking.is_some() && persona.failure.is_some(),
                "{} is mute",
                persona.id
            );
            assert_eq!(persona.rating, Rating::Everyone, "{}", persona.id);
            assert!(persona.examples.len() >= 8, "{} has little to say without a model", persona.id);
        }
    }

    /// Without a model the examples are what a stranger reads: they fit one message and close their fences.
    #[test]
    fn every_example_reads_as_one_message() {
        for persona in Library::embedded().list() {
            for example in &persona.examples {
                let fences = example.reply.matches("```").count();
                assert!(
                    fences % 2 == 0 && example.reply.chars().count() <= 2000,
                    "{}: {}",
                    persona.id,
                    example.user
                );
            }
        }
    }
}
