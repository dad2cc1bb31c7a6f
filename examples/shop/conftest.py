import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def bank():
    return object()
