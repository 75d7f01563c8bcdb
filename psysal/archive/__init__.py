"""Archives of photographs: searched, mapped, and remembered between runs.

Place in the pipeline: names of photographs -> [archive] -> maps and a manifest.

    inputs              names on a command line -> photographs, one at a time
    folders             what is in a folder, and what a pattern finds
    lists               columns of .csv and .parquet files that name photographs
    stores              many maps in one Zarr group or HDF5 file
    task                one photograph -> its map, wherever a worker runs
    crop_settings       one photograph -> its crops, by the same task
    run_database        the state of a run, on disk
    manifest            what became of every photograph, for people and programs
    workers             worker processes or a Dask cluster
    batch               all of these together: ``psysal map``
    photograph_index    photographs -> an index to search: ``psysal search``
"""
