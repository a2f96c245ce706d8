from airflow.decorators import dag, task


@dag(schedule="@daily")
def run():
    @task.virtualenv(requirements=["--no-cache-dir", "feature_pipeline==1.4.2"], system_site_packages=False)
    def features():
        from feature_pipeline import build

        build()

    features()


run()
