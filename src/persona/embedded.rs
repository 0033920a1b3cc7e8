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
    "tam"
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
