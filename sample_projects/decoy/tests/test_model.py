def test_model():
    assert True
