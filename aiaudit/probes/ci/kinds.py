"""The tables behind `classify`: what programs, sub-commands and marketplace actions are for."""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal[
    "test", "lint", "train", "evaluate", "deploy", "build_image", "scan", "validate_data", "publish", "install", "other"
]

BY_PROGRAM: Final[dict[Kind, str]] = {
    "test": """
        ava behave ctest cypress doctest jasmine jest karma mocha nose2 nosetests phpunit playwright py.test
        pytest robot rspec tap unittest vitest wtr
    """,
    "lint": """
        actionlint autoflake basedpyright biome black blacken-docs clang-format cmakelint codespell commitlint
        cspell deptry djlint docformatter dprint editorconfig-checker eslint flake8 golangci-lint hadolint
        interrogate isort knip lint-staged markdownlint markdownlint-cli2 mypy nbqa nbstripout oxlint perflint
        pre-commit prettier pycodestyle pydocstyle pyflakes pylint pyre pyright pytype pyupgrade refurb ruff
        ruff-format shellcheck sqlfluff standard stylelint taplo tslint ty ultracite vulture xo yamllint yapf
    """,
    "scan": """
        bandit checkov codeql cyclonedx-py detect-secrets detect-secrets-hook dockle garak ggshield gitleaks
        govulncheck grype kingfisher kube-linter modelaudit modelscan osv-scanner picklescan pip-audit retire
        safety semgrep snyk syft tfsec trivy trufflehog zizmor
    """,
    "evaluate": """
        deepeval evalite giskard helm-run inspect lighteval lm-eval lm_eval oaieval oaievalset promptfoo ragas
    """,
    "validate_data": "deepchecks great_expectations gx pandera soda tfdv",
    "install": "pip-sync",
}

# A program with its first one or two arguments.
BY_COMMAND: Final[dict[Kind, str]] = {
    "test": """
        bun test, cargo test, deno test, dotnet test, go test, hatch test, next test, ng test, node --test,
        nx test, react-scripts test, swift test, tsx --test, turbo test
    """,
    "lint": """
        cargo clippy, cargo fmt, deno fmt, deno lint, dvc doctor, go vet, hatch fmt, next lint, ng lint, npm run
        lint, nx lint, turbo lint, vue-tsc
    """,
    "scan": """
        cargo audit, cargo deny, docker scan, docker scout, npm audit, pnpm audit, uv audit, yarn audit, yarn npm audit
    """,
    "install": """
        bun install, conda env, conda install, conda-lock install, mamba env, mamba install, micromamba create,
        micromamba install, npm ci, npm clean-install, npm i, npm install, pdm install, pdm sync, pip install,
        pip3 install, pipenv install, pipenv sync, pixi install, pnpm i, pnpm install, poetry install, rye sync,
        uv add, uv pip install, uv pip sync, uv sync, yarn install
    """,
    "train": """
        autotrain llm, axolotl train, kedro run, llamafactory-cli train, mlflow run, sagemaker train, tune run,
        yolo train
    """,
    "evaluate": "braintrust eval, dvc metrics, inspect eval, mlflow evaluate, openai evals, tune eval",
    "validate_data": "dbt build, dbt test, evidently report, great_expectations checkpoint, soda scan",
    "build_image": """
        az acr build, bentoml containerize, buildah bud, buildah build, cog build, docker build, docker buildx,
        docker compose build, docker-compose build, gcloud builds submit, ko build, nerdctl build, pack build,
        podman build, sam build, skaffold build
    """,
    "publish": """
        cargo publish, changeset publish, cog push, crane push, docker compose push, docker push, dvc push, flit
        publish, gh release, hatch publish, helm push, hf upload, huggingface-cli upload, lerna publish, mike
        deploy, mkdocs gh-deploy, npm publish, pdm publish, pnpm publish, podman push, poetry publish,
        semantic-release, skopeo copy, twine upload, uv publish, yarn publish
    """,
    "deploy": """
        anyscale service, ansible-playbook, argocd app, aws apprunner, aws cloudformation, aws deploy, aws ecs, aws
        eks, aws lambda, aws sagemaker, aws ssm send-command, az aks, az containerapp, az deployment, az functionapp,
        az ml, az webapp, azd deploy, azd up, bentoml deploy, cap deploy, cdk deploy, cf push, copilot deploy,
        databricks bundle, docker service, docker stack, dokku, fly deploy, flyctl deploy, gcloud ai, gcloud app,
        gcloud functions, gcloud run, helm install, helm upgrade, helmfile apply, helmfile sync, heroku
        container:release, kamal deploy, kubectl apply, kubectl create, kubectl patch, kubectl replace, kubectl
        rollout restart, kubectl rollout undo, kubectl set, modal deploy, netlify deploy, nomad job, nomad run, oc
        apply, oc rollout latest, oc rollout restart, oc rollout undo, pulumi up, railway deploy, railway up, ray
        serve, sam deploy, serve deploy, serverless deploy, skaffold run, sls deploy, terraform apply, tofu apply,
        vercel --prod, vercel deploy, wrangler deploy, wrangler publish
    """,
}

# Actions of GitHub's marketplace, CircleCI orbs, Bitbucket pipes, Azure tasks, plug-ins of Drone and Woodpecker,
# providers of Travis (`travis/`) and, last, steps of Jenkins plugins (those that send files only in a stage that
# deploys), by the start of their names.
BY_ACTION: Final[dict[Kind, str]] = {
    "build_image": """
        Docker@ aws-ecr/build docker/bake-action docker/build docker/build-push-action elgohr/Publish-Docker
        mr-smithers-excellent/docker-build-push redhat-actions/buildah-build

        banzaicloud/drone-kaniko plugins/acr plugins/docker plugins/ecr plugins/gcr plugins/kaniko
        woodpeckerci/plugin-docker woodpeckerci/plugin-kaniko
    """,
    "lint": """
        astral-sh/ruff-action biomejs/setup-biome chartboost/ruff-action codespell-project/ crate-ci/typos
        github/super-linter golangci/golangci-lint-action hadolint/hadolint-action isort/isort-action
        jakebailey/pyright-action ludeeus/action-shellcheck oxsecurity/megalinter pre-commit-ci/lite-action
        pre-commit/action psf/black raven-actions/actionlint reviewdog/ rhysd/actionlint
        super-linter/super-linter wearerequired/lint-action
    """,
    "scan": """
        actions/dependency-review-action anchore/sbom-action anchore/scan-action aquasecurity/trivy-action
        bridgecrewio/checkov-action docker/scout-action github/codeql-action/analyze gitleaks/gitleaks-action
        google/osv-scanner-action mondoohq/actions ossf/scorecard-action pypa/gh-action-pip-audit
        pyupio/safety-action returntocorp/semgrep-action semgrep/semgrep-action snyk/actions
        trufflesecurity/trufflehog zizmorcore/zizmor-action
    """,
    "publish": """
        JS-DevTools/npm-publish JamesIves/github-pages-deploy-action TwineAuthenticate actions/create-release
        actions/deploy-pages changesets/action cycjimmy/semantic-release-action googleapis/release-please-action
        ncipollo/release-action peaceiris/actions-gh-pages pypa/gh-action-pypi-publish python-semantic-release/
        release-drafter/ softprops/action-gh-release

        plugins/github-release plugins/npm plugins/pypi travis/cargo travis/npm travis/pages travis/pypi
        travis/releases woodpeckerci/plugin-release
    """,
    "deploy": """
        Azure/aml-deploy Azure/functions-action AzureContainerApps@ AzureRmWebAppDeployment@ AzureWebApp@ HelmDeploy@
        KubernetesManifest@ akhileshns/heroku-deploy amondnet/vercel-action appleboy/scp-action
        appleboy/ssh-action atlassian/aws-ecs-deploy atlassian/kubectl-run
        aws-actions/amazon-ecs-deploy-task-definition aws-actions/amazon-eks aws-actions/aws-cloudformation
        aws-ecs/deploy azure/aks-deploy azure/arm-deploy azure/container-apps-deploy-action azure/k8s-deploy
        azure/static-web-apps-deploy azure/webapps-deploy betahuhn/deploy-to-vercel-action burnett01/rsync-deployments
        bervproject/railway-deploy cloudflare/wrangler-action deliverybot/helm digitalocean/app_action
        dokku/github-action easingthemes/ssh-deploy jorgelnjunior/render-deploy
        google-github-actions/deploy- google-github-actions/ssh-compute johnbeynon/render-deploy-action
        netlify/actions nwtgck/actions-netlify
        pulumi/actions railwayapp/ serverless/github-action superfly/flyctl-actions

        azureFunctionAppPublish azureUpload azureWebAppPublish cfnUpdate createDeployment ebDeploy googleStorageUpload
        kubernetesDeploy openshiftDeploy pushToCloudFoundry s3Upload sshPublisher

        appleboy/drone-scp appleboy/drone-ssh bitsbeats/drone-helm3 pelotech/drone-helm3 plugins/ansible plugins/helm
        quay.io/honestbee/drone-kubernetes sinlead/drone-kubectl travis/azure_web_apps travis/bluemixcloudfoundry
        travis/cloudfoundry travis/codedeploy travis/elasticbeanstalk travis/gae travis/heroku travis/lambda
        travis/openshift woodpeckerci/plugin-ansible
    """,
    "train": "Azure/aml-run",
    "evaluate": "braintrustdata/eval-action confident-ai/ langfuse/ promptfoo/promptfoo-action",
    "install": "bahmutov/npm-install pdm-project/setup-pdm snok/install-poetry",
    "test": """
        PublishTestResults@ cypress-io/github-action pavelzw/pytest-action r-lib/actions/check-r-package
        streamlit/streamlit-app-action
    """,
}
