"""What build tools of other languages are run for."""

from __future__ import annotations

import pytest

from aiaudit.probes.ci.classify import kind_of


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("./gradlew check test bootJar --info", "test"),
        ("gradle :app:test", "test"),
        ("./gradlew --no-daemon clean bootJar", "other"),
        ("./gradlew build -x test", "other"),
        ("./gradlew check jib --info", "build_image"),
        ("./gradlew bootBuildImage", "build_image"),
        ("mvn -B verify", "test"),
        ("mvn -f api/pom.xml test", "test"),
        ("./mvnw -DskipTests package", "other"),
        ("mvn -Dmaven.test.skip=true install", "other"),
        ("mvn spring-boot:build-image -DskipTests", "build_image"),
        ("./mvnw package -Dquarkus.container-image.build=true", "build_image"),
        ("mvn compile", "other"),
        ("sbt test", "test"),
        ("cargo test --all", "test"),
        ("cargo nextest run", "test"),
        ("cross test --target aarch64-unknown-linux-musl", "test"),
        ("cargo build --release", "other"),
        ("cargo audit", "scan"),
        ("cargo clippy", "lint"),
        ("dotnet test", "test"),
        ("dotnet build", "other"),
        ("Rscript -e testthat::test_local()", "test"),
        ("Rscript train.R", "other"),
        ("R CMD check .", "test"),
        ("gcloud ai custom-jobs create --display-name=train", "train"),
        ("gcloud ai custom-jobs list", "other"),
        ("gcloud ai endpoints deploy-model 7 --model=3", "deploy"),
        ("bun tools/validate-deployment-config.mts", "other"),
        ("./deploy.sh", "deploy"),
        ("python forecast.py train-load", "train"),
        ("python forecast.py predict-load", "other"),
        ("python forecast.py deploy", "other"),
    ],
)
def test_the_kind_of_a_command(command: str, kind: str) -> None:
    assert kind_of(command.split()) == kind
