"""The bucket forgets by itself what nobody needs any more."""

from cutroom.storage.lifecycle import abandon_multiparts, apply_rules, read_rules


def rules_of(store):
    return {rule["Filter"]["Prefix"]: rule for rule in read_rules(store)}


def test_the_rules_are_set(store):
    """Uploads and broken parts go after a day, masters go to Glacier; results stay."""
    apply_rules(store)

    rules = rules_of(store)
    assert rules["cutroom/uploads/"]["Expiration"]["Days"] == 1
    assert rules["cutroom/"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert rules["cutroom/masters/"]["Transitions"][0]["StorageClass"] == "GLACIER"
    assert not any("Expiration" in rule for under, rule in rules.items() if "blobs" in under)
    assert "Expiration" not in rules["cutroom/"]


def test_setting_them_again_changes_nothing(store):
    """Set-up may be run at any time."""
    apply_rules(store)
    before = read_rules(store)

    apply_rules(store)

    assert read_rules(store) == before


def test_rules_of_others_stay(store):
    """The bucket may be used for more than this."""
    theirs = {
        "ID": "theirs",
        "Status": "Enabled",
        "Filter": {"Prefix": "photos/"},
        "Expiration": {"Days": 9},
    }
    store.client.put_bucket_lifecycle_configuration(
        Bucket=store.bucket.name, LifecycleConfiguration={"Rules": [theirs]}
    )

    apply_rules(store)

    assert rules_of(store)["photos/"]["Expiration"]["Days"] == 9
    assert len(read_rules(store)) == 5


def test_uploads_that_broke_off_are_abandoned_once_they_are_old(store):
    """A process that was killed leaves parts that cost money; a running one's are left alone."""
    target = store.target("blobs/half.mp4")
    store.client.create_multipart_upload(**target)

    assert abandon_multiparts(store, older_than=1e10) == 0, "moto dates them all to 2010"
    assert abandon_multiparts(store, older_than=0) == 1
    assert abandon_multiparts(store, older_than=0) == 0
