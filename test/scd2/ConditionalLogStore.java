package lakekeel;

import com.amazonaws.ClientConfiguration;
import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.s3.model.AmazonS3Exception;
import com.amazonaws.services.s3.model.ObjectMetadata;
import com.amazonaws.services.s3.model.PutObjectRequest;
import io.delta.storage.HadoopFileSystemLogStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Delta's commits by S3's own put-if-absent, on Delta's published interface: the stand-in for
 * Delta's DynamoDB log store where that one's jar cannot be had. It ships nowhere.
 *
 * Compiled by the Janino that Spark brings, hence neither generics nor @Override.
 */
public class ConditionalLogStore extends HadoopFileSystemLogStore {
    private final AmazonS3 s3;

    public ConditionalLogStore(Configuration conf) {
        super(conf);
        // No second try: one whose first was lost on the way back would be refused by its own commit.
        s3 = (AmazonS3) ((AmazonS3ClientBuilder) AmazonS3ClientBuilder.standard()
            .withEndpointConfiguration(new AwsClientBuilder.EndpointConfiguration(
                conf.get("fs.s3a.endpoint"), conf.get("fs.s3a.endpoint.region")))
            .withCredentials(new AWSStaticCredentialsProvider(new BasicAWSCredentials(
                conf.get("fs.s3a.access.key"), conf.get("fs.s3a.secret.key"))))
            .withClientConfiguration(new ClientConfiguration().withMaxErrorRetry(0)))
            .withPathStyleAccessEnabled(Boolean.TRUE).build();
    }

    public void write(Path path, Iterator actions, Boolean overwrite, Configuration conf) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        while (actions.hasNext()) {
            lines.write((actions.next() + "\n").getBytes("UTF-8"));
        }
        ObjectMetadata about = new ObjectMetadata();
        about.setContentLength(lines.size());
        String key = path.toUri().getPath().substring(1);
        PutObjectRequest put = new PutObjectRequest(path.toUri().getHost(), key, new ByteArrayInputStream(lines.toByteArray()), about);
        if (!overwrite.booleanValue()) {
            put.putCustomRequestHeader("If-None-Match", "*");
        }
        try {
            s3.putObject(put);
        } catch (AmazonS3Exception error) {
            if (error.getStatusCode() == 412) {
                throw new FileAlreadyExistsException(path.toString());
            }
            throw new IOException(error);
        }
    }

    public Boolean isPartialWriteVisible(Path path, Configuration conf) {
        return Boolean.FALSE;
    }
}
