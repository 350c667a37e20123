"""FSx: file systems and their repository associations are kept; no files are in them."""

from ..mapping import Mapping, deleting

MAPPINGS = (
    Mapping(
        type="AWS::FSx::FileSystem",
        service="fsx",
        create="create_file_system",
        ref=lambda answer, arguments: answer["FileSystem"]["FileSystemId"],
        attributes=lambda answer, arguments: {
            "DNSName": answer["FileSystem"].get("DNSName", ""),
            "LustreMountName": answer["FileSystem"].get("LustreConfiguration", {}).get("MountName", ""),
            "ResourceARN": answer["FileSystem"].get("ResourceARN", ""),
        },
        delete=deleting("delete_file_system", "FileSystemId"),
    ),
    Mapping(
        type="AWS::FSx::DataRepositoryAssociation",
        service="fsx",
        create="create_data_repository_association",
        ref=lambda answer, arguments: answer["Association"]["AssociationId"],
        attributes=lambda answer, arguments: {
            "AssociationId": answer["Association"]["AssociationId"],
            "ResourceARN": answer["Association"].get("ResourceARN", ""),
        },
        delete=deleting("delete_data_repository_association", "AssociationId"),
    ),
)
